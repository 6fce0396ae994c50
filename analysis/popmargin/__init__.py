"""popmargin: population set-up errors and CTV-to-PTV margins from image-guidance logs.

A research tool, not a medical device. Every estimate comes with its interval; every margin says
what it covers.
"""

__version__ = "0.1.0"
