"""What the Underside menu is made of: standard library, Metashape and Qt only, Python 3.8 and later."""
