echo migrating
