"""Which pod may talk to which, worked out from the policies, is exactly what the design draws."""

from collections.abc import Iterator, Mapping

import pytest

from tests.k8s import manifests
from tests.k8s.manifests import Object

BRUSSELS = manifests.region("brussels")
POLICIES = manifests.of_kind(BRUSSELS, "NetworkPolicy")
GIVEN = manifests.settings_of("brussels")
Labels = Mapping[str, str]

PODS: dict[str, Labels] = {workload.name: workload.labels for workload in manifests.workloads(BRUSSELS)} | {
    manifests.label(cluster): {
        "cnpg.io/cluster": manifests.label(cluster),
        **cluster["spec"]["inheritedMetadata"]["labels"],
    }
    for cluster in manifests.of_kind(BRUSSELS, "Cluster")
}
OUTSIDE = {
    "clients": GIVEN["CLIENTS_CIDR"],
    "s3": GIVEN["S3_CIDR"],
    "kube-api": GIVEN["KUBE_API_CIDR"],
    "witness": GIVEN["WITNESS_CIDR"],
}
NAMESPACES: dict[str, tuple[Labels, Labels]] = {
    "scraper": ({"anpr-suite/scrapes": "true"}, {}),
    "dns": ({"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"}),
    "operator": ({"kubernetes.io/metadata.name": "cnpg-system"}, {"app.kubernetes.io/name": "cloudnative-pg"}),
    "stranger": ({"kubernetes.io/metadata.name": "default"}, {}),
}
S3_PORT = int(GIVEN["S3_ENDPOINT"].rpartition(":")[2])
DATABASES = ("postgres-services", "postgres-audit")

FLOWS = {
    ("clients", "gateway", "grpc"),
    *{("gateway", name, "grpc") for name in ("ingest", "matching", "audit")},
    *{("ingest", name, "grpc") for name in ("recognition", "matching", "audit")},
    ("matching", "audit", "grpc"),
    ("ingest", "postgres-services", 5432),
    ("matching", "postgres-services", 5432),
    ("audit", "postgres-audit", 5432),
    ("ingest", "s3", S3_PORT),
    ("evidence-check", "s3", S3_PORT),
    ("audit", "s3", S3_PORT),
    ("audit", "witness", 443),
    *{(name, "s3", S3_PORT) for name in DATABASES},
    *{(name, name, port) for name in DATABASES for port in (5432, 8000)},
    *{("operator", name, port) for name in DATABASES for port in (5432, 8000)},
    *{(name, "kube-api", port) for name in DATABASES for port in (443, 6443)},
    *{("scraper", name, "metrics") for name in PODS},
    *{(name, "dns", 53) for name in PODS if name != "recognition"},
}


def opened() -> Iterator[tuple[str, str, str | int]]:
    """Every flow that all concerned open: a pod its egress, a pod its ingress."""
    for caller in (*PODS, *OUTSIDE, *NAMESPACES):
        for called in (*PODS, *OUTSIDE, *NAMESPACES):
            if caller in PODS or called in PODS:
                for port in _ports(caller, called):
                    yield caller, called, port


def _ports(caller: str, called: str) -> set[str | int]:
    leaving = _open(caller, called, "egress", "to") if caller in PODS else None
    coming = _open(called, caller, "ingress", "from") if called in PODS else None
    if leaving is None or coming is None:
        return (leaving or set()) if coming is None else coming
    return leaving & coming


def _open(pod: str, peer: str, direction: str, side: str) -> set[str | int]:
    return {
        port["port"]
        for policy in POLICIES
        if _selects(policy["spec"]["podSelector"], PODS[pod])
        for rule in policy["spec"].get(direction, [])
        if any(_is(where, peer) for where in rule[side])
        for port in rule["ports"]
    }


def _is(where: Object, peer: str) -> bool:
    if "ipBlock" in where:
        return bool(where["ipBlock"]["cidr"] == OUTSIDE.get(peer))
    if "namespaceSelector" in where:
        if peer not in NAMESPACES:
            return False
        namespace, pod = NAMESPACES[peer]
        return _selects(where["namespaceSelector"], namespace) and _selects(where.get("podSelector", {}), pod)
    return peer in PODS and _selects(where["podSelector"], PODS[peer])


def _selects(selector: Object, labels: Labels) -> bool:
    expressions = selector.get("matchExpressions", [])
    found = ((labels.get(one["key"]) in one["values"]) == (one["operator"] == "In") for one in expressions)
    return bool(selector.get("matchLabels", {}).items() <= labels.items()) and all(found)


def test_the_flows_that_are_open_are_those_of_the_design() -> None:
    assert set(opened()) == FLOWS


def test_what_no_policy_opens_is_closed() -> None:
    (deny,) = (policy for policy in POLICIES if manifests.label(policy) == "default-deny")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("policy", POLICIES, ids=manifests.label)
def test_no_policy_opens_all_ports_or_all_peers(policy: Object) -> None:
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction, []):
            assert rule[side]
            assert rule["ports"]
            for where in rule[side]:
                assert where.get("podSelector") != {}
                assert where.get("namespaceSelector") != {}
