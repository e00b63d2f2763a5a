# The two commands of the README. Everything else is ./dev.
.PHONY: demo test
.DEFAULT_GOAL := test

# Installs what is missing, builds, and shows real components at work beside hostile ones.
demo:
	tools/setup
	./dev demo

# Installs what is missing, builds with sanitizers, and runs every test.
test:
	tools/setup
	./dev test
