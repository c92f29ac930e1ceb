"""What kind of mistake a wrong claim shows."""
