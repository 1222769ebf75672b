"""What holds for every pod, whoever adds one."""

import dataclasses
import re

import pytest

from services.common import server
from services.common.server import Serving
from services.recognition.settings import Settings as RecognitionSettings
from tests.k8s import manifests
from tests.k8s.manifests import REGIONS, SERVICES, Object, Workload

WORKLOADS = [
    pytest.param(workload, id=f"{region}-{workload.name}")
    for region in REGIONS
    for workload in manifests.workloads(manifests.region(region))
]
BRUSSELS = manifests.region("brussels")
CONTAINERS = [
    pytest.param(container, id=f"{workload.name}-{container['name']}")
    for workload in manifests.workloads(manifests.everywhere())
    for container in workload.containers
]
UNRELEASED, RELEASED = re.compile(r"[a-z0-9./-]+:unreleased"), re.compile(r"[a-z0-9.:/-]+@sha256:[0-9a-f]{64}")


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_pod_is_nobody_and_has_no_key_to_the_cluster(workload: Workload) -> None:
    context = workload.pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert workload.pod["automountServiceAccountToken"] is False
    assert workload.pod["serviceAccountName"] == workload.name
    for shared in ("hostNetwork", "hostPID", "hostIPC"):
        assert shared not in workload.pod


@pytest.mark.parametrize("workload", WORKLOADS)
def test_no_variable_of_another_service_reaches_a_pod(workload: Workload) -> None:
    assert workload.pod["enableServiceLinks"] is False


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_can_gain_nothing(container: Object) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_container_has_requests_and_limits(container: Object) -> None:
    for bound in ("requests", "limits"):
        assert set(container["resources"][bound]) == {"cpu", "memory"}


@pytest.mark.parametrize("container", CONTAINERS)
def test_an_image_has_a_digest_or_says_that_it_was_not_released(container: Object) -> None:
    assert UNRELEASED.fullmatch(container["image"]) or RELEASED.fullmatch(container["image"])


@pytest.mark.parametrize("workload", WORKLOADS)
def test_what_a_pod_may_write_is_bounded(workload: Workload) -> None:
    for volume in workload.pod.get("volumes", []):
        if "emptyDir" in volume:
            assert volume["emptyDir"]["sizeLimit"]
    writable = {
        mount["name"]
        for container in workload.containers
        for mount in container["volumeMounts"]
        if not mount.get("readOnly")
    }
    assert writable <= {"tmp", "epoch-keys"}


@pytest.mark.parametrize("workload", WORKLOADS)
def test_secrets_are_files_that_others_cannot_read(workload: Workload) -> None:
    for volume in workload.pod.get("volumes", []):
        source = volume.get("secret") or volume.get("projected")
        if source:
            assert source["defaultMode"] == 0o440
    for container in workload.containers:
        assert "envFrom" not in container
        for variable in container.get("env", []):
            assert "secretKeyRef" not in variable.get("valueFrom", {})


def test_there_is_no_secret_in_the_tree() -> None:
    assert not manifests.of_kind(manifests.everywhere(), "Secret")
    for thing in manifests.everywhere():
        for text in manifests.strings(thing):
            assert not re.search(r"PRIVATE KEY|password=\S|[0-9a-fA-F]{48}", text)


def test_every_object_lies_in_the_namespace_whose_pods_must_be_hardened() -> None:
    for thing in manifests.everywhere():
        assert thing["kind"] == "Namespace" or thing["metadata"].get("namespace") == "anpr"
    labels = manifests.named(BRUSSELS, "Namespace", "anpr")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("workload", [one for one in manifests.workloads(BRUSSELS) if one.name != "evidence-check"])
def test_a_deployment_has_its_service_budget_account_and_policy(workload: Workload) -> None:
    def selecting(kind: str, selector: str) -> list[str]:
        return [
            manifests.label(thing)
            for thing in manifests.of_kind(BRUSSELS, kind)
            if _selects(thing["spec"][selector], workload.labels)
        ]

    assert selecting("Service", "selector") == [workload.name]
    assert selecting("PodDisruptionBudget", "selector") == [workload.name]
    assert workload.name in selecting("NetworkPolicy", "podSelector")
    account = manifests.named(BRUSSELS, "ServiceAccount", workload.name)
    assert account["automountServiceAccountToken"] is False


def _selects(selector: Object, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}) if {"matchLabels", "matchExpressions"} & set(selector) else selector
    return bool(wanted) and wanted.items() <= labels.items()


@pytest.mark.parametrize("thing", manifests.of_kind(BRUSSELS, "Deployment"), ids=manifests.label)
def test_a_deployment_spreads_and_keeps_few_old_versions(thing: Object) -> None:
    constraints = thing["spec"]["template"]["spec"]["topologySpreadConstraints"]
    assert [one["topologyKey"] for one in constraints] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    for one in constraints:
        assert one["labelSelector"]["matchLabels"].items() <= thing["spec"]["template"]["metadata"]["labels"].items()
    assert thing["spec"]["revisionHistoryLimit"] == 3


@pytest.mark.parametrize("thing", manifests.of_kind(BRUSSELS, "HorizontalPodAutoscaler"), ids=manifests.label)
def test_what_an_autoscaler_counts_no_manifest_counts_too(thing: Object) -> None:
    target = thing["spec"]["scaleTargetRef"]
    assert "replicas" not in manifests.named(BRUSSELS, target["kind"], target["name"])["spec"]


def test_audit_is_alone_and_the_old_one_goes_before_the_new_one_comes() -> None:
    deployment = manifests.named(BRUSSELS, "Deployment", "audit")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    claim = manifests.named(BRUSSELS, "PersistentVolumeClaim", "audit-epoch-keys")
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_pod_is_given_the_time_that_its_service_takes_to_end(name: str) -> None:
    pod = manifests.named(BRUSSELS, "Deployment", name)["spec"]["template"]["spec"]
    defaults = {field.name: field.default for field in dataclasses.fields(Serving)}
    grace_s = max(float(str(defaults["grace_s"])), _default(RecognitionSettings, "drain_s"))
    takes_s = float(str(defaults["drain_s"])) + grace_s + server.SETTLE_S
    unnoticed_s = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= unnoticed_s + takes_s + 5


def _default(kind: type, name: str) -> float:
    (found,) = (field.default for field in dataclasses.fields(kind) if field.name == name)
    return float(str(found))
