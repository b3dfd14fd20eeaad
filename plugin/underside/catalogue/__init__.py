"""The models we know: their entries, their files, and how one is fetched."""

from underside.catalogue.entries import Activation, Catalogue, Model, Recipe, Weights, load_catalogue, read_own_model

__all__ = ["Activation", "Catalogue", "Model", "Recipe", "Weights", "load_catalogue", "read_own_model"]
