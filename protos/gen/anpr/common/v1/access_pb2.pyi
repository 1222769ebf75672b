from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_CAMERA: _ClassVar[Role]
    ROLE_EDGE: _ClassVar[Role]
    ROLE_SERVICE: _ClassVar[Role]
    ROLE_PEER_REGION: _ClassVar[Role]
    ROLE_OFFICER: _ClassVar[Role]
    ROLE_VERIFIER: _ClassVar[Role]
    ROLE_HOTLIST_MANAGER: _ClassVar[Role]
    ROLE_SUPERVISOR: _ClassVar[Role]
    ROLE_MAGISTRATE_LIAISON: _ClassVar[Role]
    ROLE_AUDITOR: _ClassVar[Role]
    ROLE_DPO: _ClassVar[Role]
    ROLE_TECHNICIAN: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]

class Purpose(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PURPOSE_UNSPECIFIED: _ClassVar[Purpose]
    PURPOSE_JUDICIAL_OFFENCE: _ClassVar[Purpose]
    PURPOSE_JUDICIAL_TRAFFIC: _ClassVar[Purpose]
    PURPOSE_JUDICIAL_MISSING_PERSON: _ClassVar[Purpose]
    PURPOSE_ADMINISTRATIVE_2: _ClassVar[Purpose]
    PURPOSE_ADMINISTRATIVE_3: _ClassVar[Purpose]
    PURPOSE_ADMINISTRATIVE_4: _ClassVar[Purpose]
    PURPOSE_ADMINISTRATIVE_5: _ClassVar[Purpose]
    PURPOSE_OVERSIGHT: _ClassVar[Purpose]
    PURPOSE_SUBJECT_ACCESS: _ClassVar[Purpose]

class LegalGround(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LEGAL_GROUND_UNSPECIFIED: _ClassVar[LegalGround]
    LEGAL_GROUND_TECHNICAL_DATABASE: _ClassVar[LegalGround]
    LEGAL_GROUND_VISIBLE_CAMERA: _ClassVar[LegalGround]
    LEGAL_GROUND_NON_VISIBLE_CAMERA: _ClassVar[LegalGround]
    LEGAL_GROUND_PROSECUTOR_DECISION: _ClassVar[LegalGround]
    LEGAL_GROUND_IMMINENT_DANGER: _ClassVar[LegalGround]
    LEGAL_GROUND_OVERSIGHT: _ClassVar[LegalGround]
ROLE_UNSPECIFIED: Role
ROLE_CAMERA: Role
ROLE_EDGE: Role
ROLE_SERVICE: Role
ROLE_PEER_REGION: Role
ROLE_OFFICER: Role
ROLE_VERIFIER: Role
ROLE_HOTLIST_MANAGER: Role
ROLE_SUPERVISOR: Role
ROLE_MAGISTRATE_LIAISON: Role
ROLE_AUDITOR: Role
ROLE_DPO: Role
ROLE_TECHNICIAN: Role
ROLE_ADMIN: Role
PURPOSE_UNSPECIFIED: Purpose
PURPOSE_JUDICIAL_OFFENCE: Purpose
PURPOSE_JUDICIAL_TRAFFIC: Purpose
PURPOSE_JUDICIAL_MISSING_PERSON: Purpose
PURPOSE_ADMINISTRATIVE_2: Purpose
PURPOSE_ADMINISTRATIVE_3: Purpose
PURPOSE_ADMINISTRATIVE_4: Purpose
PURPOSE_ADMINISTRATIVE_5: Purpose
PURPOSE_OVERSIGHT: Purpose
PURPOSE_SUBJECT_ACCESS: Purpose
LEGAL_GROUND_UNSPECIFIED: LegalGround
LEGAL_GROUND_TECHNICAL_DATABASE: LegalGround
LEGAL_GROUND_VISIBLE_CAMERA: LegalGround
LEGAL_GROUND_NON_VISIBLE_CAMERA: LegalGround
LEGAL_GROUND_PROSECUTOR_DECISION: LegalGround
LEGAL_GROUND_IMMINENT_DANGER: LegalGround
LEGAL_GROUND_OVERSIGHT: LegalGround
ACCESS_FIELD_NUMBER: _ClassVar[int]
access: _descriptor.FieldDescriptor

class AccessContext(_message.Message):
    __slots__ = ("purpose", "legal_ground", "case_reference", "reason", "decision_id", "on_behalf_of", "request_id")
    PURPOSE_FIELD_NUMBER: _ClassVar[int]
    LEGAL_GROUND_FIELD_NUMBER: _ClassVar[int]
    CASE_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DECISION_ID_FIELD_NUMBER: _ClassVar[int]
    ON_BEHALF_OF_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    purpose: Purpose
    legal_ground: LegalGround
    case_reference: str
    reason: str
    decision_id: str
    on_behalf_of: str
    request_id: str
    def __init__(self, purpose: _Optional[_Union[Purpose, str]] = ..., legal_ground: _Optional[_Union[LegalGround, str]] = ..., case_reference: _Optional[str] = ..., reason: _Optional[str] = ..., decision_id: _Optional[str] = ..., on_behalf_of: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("intent_id", "intent_note", "outcome_id", "outcome_note", "request_id")
    INTENT_ID_FIELD_NUMBER: _ClassVar[int]
    INTENT_NOTE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_NOTE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    intent_id: str
    intent_note: str
    outcome_id: str
    outcome_note: str
    request_id: str
    def __init__(self, intent_id: _Optional[str] = ..., intent_note: _Optional[str] = ..., outcome_id: _Optional[str] = ..., outcome_note: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class AccessRule(_message.Message):
    __slots__ = ("roles", "audited", "subject", "results", "result_id")
    ROLES_FIELD_NUMBER: _ClassVar[int]
    AUDITED_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    RESULT_ID_FIELD_NUMBER: _ClassVar[int]
    roles: _containers.RepeatedScalarFieldContainer[Role]
    audited: bool
    subject: _containers.RepeatedScalarFieldContainer[str]
    results: str
    result_id: str
    def __init__(self, roles: _Optional[_Iterable[_Union[Role, str]]] = ..., audited: _Optional[bool] = ..., subject: _Optional[_Iterable[str]] = ..., results: _Optional[str] = ..., result_id: _Optional[str] = ...) -> None: ...
