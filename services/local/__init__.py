"""The one-machine supervisor: starts engines and services as child processes, keeps them alive, stops them all."""
