"""The application's image: built here, pushed to the stack's registry, deployed by digest."""
