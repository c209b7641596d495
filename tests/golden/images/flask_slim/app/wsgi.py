from gogo import create

app = create()
