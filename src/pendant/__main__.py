from pendant.main import run

run()
