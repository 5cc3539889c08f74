"""Does it plan what it says?"""
