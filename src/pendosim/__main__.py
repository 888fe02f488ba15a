from pendosim.cli import run

run()
