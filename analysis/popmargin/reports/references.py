"""The literature that a methods paragraph cites, as text and as BibTeX."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Reference:
    """One article or book: what a citation needs, nothing that was not looked up."""

    key: str
    authors: str
    title: str
    where: str
    year: int
    volume: str = ""
    pages: str = ""
    doi: str = ""

    def text(self) -> str:
        """The reference as one line of a list.

        >>> print(REFERENCES["searle1992"].text())
        Searle SR, Casella G, McCulloch CE. Variance Components. Wiley 1992.
        """
        place = f"{self.year};{self.volume}:{self.pages}" if self.volume else f"{self.year}"
        doi = f" doi:{self.doi}" if self.doi else ""
        return f"{self.authors}. {self.title}. {self.where} {place}.{doi}"

    def bibtex(self) -> str:
        """The reference as a BibTeX entry."""
        kind, place = ("article", "journal") if self.volume else ("book", "publisher")
        authors = " and ".join(_last_first(name) for name in self.authors.split(", "))
        fields = {
            "author": authors,
            "title": f"{{{self.title}}}",
            place: self.where,
            "year": str(self.year),
            "volume": self.volume,
            "pages": self.pages.replace("-", "--"),
            "doi": self.doi,
        }
        lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
        return f"@{kind}{{{self.key},\n" + ",\n".join(lines) + "\n}"


def _last_first(name: str) -> str:
    """``van Herk M`` as BibTeX wants it: ``van Herk, M.``."""
    family, _, initials = name.rpartition(" ")
    return f"{family}, {' '.join(f'{letter}.' for letter in initials)}"


_ALL: Final = (
    Reference(
        "vanherk2000",
        "van Herk M, Remeijer P, Rasch C, Lebesque JV",
        "The probability of correct target dosage: dose-population histograms for deriving "
        "treatment margins in radiotherapy",
        "Int J Radiat Oncol Biol Phys",
        2000,
        "47",
        "1121-1135",
        "10.1016/S0360-3016(00)00518-6",
    ),
    Reference(
        "vanherk2004",
        "van Herk M",
        "Errors and margins in radiotherapy",
        "Semin Radiat Oncol",
        2004,
        "14",
        "52-64",
        "10.1053/j.semradonc.2003.10.003",
    ),
    Reference(
        "searle1992", "Searle SR, Casella G, McCulloch CE", "Variance Components", "Wiley", 1992
    ),
    Reference(
        "weerahandi1995",
        "Weerahandi S",
        "Exact Statistical Methods for Data Analysis",
        "Springer",
        1995,
    ),
    Reference(
        "thomas1978",
        "Thomas JD, Hultquist RA",
        "Interval estimation for the unbalanced case of the one-way random effects model",
        "Ann Stat",
        1978,
        "6",
        "582-587",
    ),
    Reference(
        "efron1982",
        "Efron B",
        "The Jackknife, the Bootstrap and Other Resampling Plans",
        "SIAM",
        1982,
    ),
    Reference(
        "miller1968",
        "Miller RG",
        "Jackknifing variances",
        "Ann Math Stat",
        1968,
        "39",
        "567-582",
    ),
    Reference(
        "vanherk2002",
        "van Herk M, Remeijer P, Lebesque JV",
        "Inclusion of geometric uncertainties in treatment plan evaluation",
        "Int J Radiat Oncol Biol Phys",
        2002,
        "52",
        "1407-1422",
    ),
    Reference(
        "stroom1999",
        "Stroom JC, de Boer HC, Huizenga H, Visser AG",
        "Inclusion of geometrical uncertainties in radiotherapy treatment planning by means of "
        "coverage probability",
        "Int J Radiat Oncol Biol Phys",
        1999,
        "43",
        "905-919",
    ),
    Reference(
        "spiegelhalter2005",
        "Spiegelhalter DJ",
        "Funnel plots for comparing institutional performance",
        "Stat Med",
        2005,
        "24",
        "1185-1202",
        "10.1002/sim.1970",
    ),
    Reference(
        "laird1982",
        "Laird NM, Ware JH",
        "Random-effects models for longitudinal data",
        "Biometrics",
        1982,
        "38",
        "963-974",
    ),
    Reference(
        "aalen1978",
        "Aalen OO, Johansen S",
        "An empirical transition matrix for non-homogeneous Markov chains based on censored "
        "observations",
        "Scand J Stat",
        1978,
        "5",
        "141-150",
    ),
    Reference(
        "cox1972",
        "Cox DR",
        "Regression models and life-tables",
        "J R Stat Soc B",
        1972,
        "34",
        "187-220",
    ),
    Reference(
        "firth1993",
        "Firth D",
        "Bias reduction of maximum likelihood estimates",
        "Biometrika",
        1993,
        "80",
        "27-38",
    ),
    Reference(
        "rubin1987",
        "Rubin DB",
        "Multiple Imputation for Nonresponse in Surveys",
        "Wiley",
        1987,
    ),
    Reference(
        "vanderweele2017",
        "VanderWeele TJ, Ding P",
        "Sensitivity analysis in observational research: introducing the E-value",
        "Ann Intern Med",
        2017,
        "167",
        "268-274",
    ),
)

REFERENCES: Final[Mapping[str, Reference]] = MappingProxyType({r.key: r for r in _ALL})


def bibliography(keys: Iterable[str]) -> list[Reference]:
    """The references of ``keys``, each once, in the order of their first citation."""
    return [REFERENCES[key] for key in dict.fromkeys(keys)]
