"""The findings of 2012 as claims, and the runs that judge them."""
