"""Floor 2: names in use for the columns of tables beside the shifts, and what they must hold.

As in `popmargin.gather.guess_columns` a name that fits is a proposal that the config shows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_ID: Final = (
    "patientid patient patid patid1 pid mrn id ptid subject subjectid hospitalnumber "
    "casenumber urn fallnummer patientennummer patientnummer patnr patno patnum caseno"
)
_CENTRE: Final = "centre center institution hospital clinic zentrum klinik"
_SITE: Final = "site diagnosis tumoursite tumorsite region lokalisation"

# Letters and digits of names in use, by canonical column, for every table that is no shifts table.
OTHER_NAMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "anatomy": {
            "patient_id": _ID,
            "fraction": "fraction fx fxno fxnr fxnumber fractionnumber fractionno frac fraktion",
            "structure": "structure organ roi struktur",
            "quantity": "quantity",
            "value": "value wert weight gewicht volume volumen",
            "unit": "unit einheit",
            "side": "side seite",
            "site": _SITE,
            "centre": _CENTRE,
        },
        "patients": {
            "patient_id": _ID,
            "centre": _CENTRE,
            "site": _SITE,
            "igrt_protocol": "igrtprotocol protocol imagingprotocol igrt bildgebung protokoll arm",
            "technique": "technique technik",
            "prescription_gy": "prescriptiongy prescription dosegy prescribeddose",
            "fractions": "fractions plannedfractions fraktionen",
            "age": "age alter ageyears",
            "sex": "sex gender geschlecht",
            "bmi": "bmi",
        },
        "outcomes": {
            "patient_id": _ID,
            "endpoint": "endpoint toxicity toxicitytype endpunkt",
            "grade": "grade ctcae ctcaegrade grad",
            "event": "event ereignis status",
            "time_months": "timemonths months monate followupmonths fumonths",
            "time_origin": "timeorigin origin",
        },
    }
)
# What a table must hold in a column of its own ...
OWN_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "anatomy": ("patient_id", "fraction", "value"),
        "patients": ("patient_id",),
        "outcomes": ("patient_id", "event", "time_months"),
    }
)
# ... and what may be the same for every row, with what is meant.
ONE_FOR_ALL: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "anatomy": {
            "structure": "for instance body, parotid, GTV",
            "quantity": "for instance weight, volume",
            "unit": "for instance kg, cc",
        },
        "patients": {},
        "outcomes": {
            "endpoint": "what happened, for instance late rectal bleeding",
            "time_origin": "start, end (of treatment) or randomisation: what times count from",
        },
    }
)
