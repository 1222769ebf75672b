"""All SQL of matching, by noun. One method is one transaction."""
