"""Draws street frames with plates whose truth is known, and streams them in as cameras would."""
