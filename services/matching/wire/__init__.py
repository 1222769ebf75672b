"""Protobuf to domain and back, by noun; what has the wrong shape is refused here."""
