"""Strict validation: the schemas of Kubernetes that come with kubernetes-validate, and ours for custom resources.

The same check as `kubernetes-validate --strict`, with each schema read once instead of once an object.
"""

import re
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from kubernetes_validate import utils
from referencing import Registry, Resource

from tests.k8s import custom
from tests.k8s.manifests import Object

VERSION = "1.37"
FOLDER = f"kubernetes-json-schema/v{VERSION}.0-local-strict"


def validate(thing: Object) -> None:
    """Raises jsonschema's ValidationError for an unknown, missing or wrong field, FileNotFoundError for an unknown kind."""
    _validator(thing["apiVersion"], thing["kind"]).validate(thing)


@cache
def _validator(api_version: str, kind: str) -> Draft202012Validator:
    if (api_version, kind) in custom.SCHEMAS:
        return Draft202012Validator(custom.SCHEMAS[api_version, kind])
    name = re.sub(r"^([^./]*)(?:\.[^/]*)?/", r"\1-", api_version)
    schema = utils.schema_contents(f"{FOLDER}/{kind.lower()}-{name}.json", VERSION)
    return Draft202012Validator(schema, registry=_definitions())


@cache
def _definitions() -> Registry[Any]:
    definitions: Resource[Any] = Resource.from_contents(utils.schema_contents(f"{FOLDER}/_definitions.json", VERSION))
    return definitions @ Registry()
