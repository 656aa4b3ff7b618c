"""What other tools than ours need to take a build to AWS."""
