"""Is what users get the same after the code was changed?"""
