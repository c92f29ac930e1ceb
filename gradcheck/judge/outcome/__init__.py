"""What a comparison amounts to: its entries by name, its power, its evidence, what it leaves open."""
