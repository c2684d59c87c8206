"""Build the image and push it to the registry, from which the nodes get it."""

from __future__ import annotations

from pronghorn.deploy import tool
from pronghorn.deploy.target import Plan, Say

__all__ = ["build_image", "find_builder"]

#: All three take the same arguments.
_BUILDERS = ("docker", "podman", "buildah")
_BUILD_SECONDS = 3600.0


def find_builder() -> str | None:
    """Return the program that builds images; None if none is installed."""
    return next((name for name in _BUILDERS if tool.find(name)), None)


def build_image(plan: Plan, say: Say) -> str | None:
    """Build the image of a plan and push it.

    Args:
        plan: The plan.
        say: Told of each line of the builder.

    Returns:
        Why it could not be built or pushed; None if it was.

    Raises:
        KeyboardInterrupt: The user has interrupted the builder.
    """
    builder = find_builder()
    if builder is None:
        return "no program that builds images is installed: docker, podman or buildah"
    build = [builder, "build", "--tag", plan.image_ref, "--file", plan.config.dockerfile, "."]
    for argv, what in (
        (build, "built"),
        ([builder, "push", plan.image_ref], "pushed"),
    ):
        say(" ".join(argv))
        done = tool.run(argv, folder=plan.folder, say=say, timeout=_BUILD_SECONDS)
        if not done.ok:
            return f"the image {plan.image_ref} could not be {what}: {done.reason}"
    return None
