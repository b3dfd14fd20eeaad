"""A stand-in for Meshroom, as strict as 2025.1 and 2026 together."""
