"""The Plan as each app of the instance has it: the main one, and those of `[mounts]`.

Rule: whatever speaks of one app (its server, its files, its program) is given such a Plan and knows of no other app;
what stands in front of all (nginx, the supervisor) goes through them here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from porch.plan import PathPlan, Plan
from porch.plan.chosen import Chosen


def apps(plan: Plan) -> tuple[Plan, ...]:
    """The Plan as each app of the instance has it, the main one's first: its server, paths and limits, no other app."""
    mounts = plan.mounts.value
    if not mounts:
        return (plan,)
    alone = replace(plan.mounts, value=())
    main = replace(plan, mounts=alone, paths=_paths(plan, ""))
    return (
        main,
        *(
            replace(
                main,
                app=each.app,
                server=each.server,
                limits=each.limits,
                paths=_paths(plan, each.app.mount.value),
                run=replace(plan.run, mount=each.name),
            )
            for each in mounts
        ),
    )


def _paths(plan: Plan, prefix: str) -> Chosen[tuple[PathPlan, ...]]:
    prefixes = [each.app.mount.value for each in plan.mounts.value]
    own = tuple(each for each in plan.paths.value if owner(prefixes, each.url) == prefix)
    return replace(plan.paths, value=own)


def app_at(plan: Plan, url: str) -> Plan:
    """The Plan of the app that the URL belongs to."""
    by_prefix = {each.app.mount.value if each.run.mount else "": each for each in apps(plan)}
    return by_prefix[owner(by_prefix, url)]


def owner(prefixes: Iterable[str], url: str) -> str:
    """The prefix that the URL is below, the longest as with nginx; empty for none."""
    found = [prefix for prefix in prefixes if url == prefix or url.startswith(f"{prefix}/")]
    return max(found, key=len, default="")
