"""How methods are judged: cells that a method sees, and a score of what it makes of them."""
