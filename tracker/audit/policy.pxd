# No C types: it is compiled as it stands (see setup.py)
