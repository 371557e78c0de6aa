"""CVSS vectors to compare and to measure with: all base vectors of a version,
and random ones with optional metrics. The tables are those of the
specifications; the order of metrics and values is theirs too."""

import itertools
import random

VERSIONS = ("2.0", "3.0", "3.1", "4.0")
PREFIX = {"2.0": "", "3.0": "CVSS:3.0/", "3.1": "CVSS:3.1/", "4.0": "CVSS:4.0/"}


def table(text):
    return [(name, values.split(",")) for name, values in (word.split("=") for word in text.split())]


BASE_2 = table("AV=L,A,N AC=H,M,L Au=M,S,N C=N,P,C I=N,P,C A=N,P,C")
MORE_2 = table(
    "E=U,POC,F,H,ND RL=OF,TF,W,U,ND RC=UC,UR,C,ND CDP=N,L,LM,MH,H,ND TD=N,L,M,H,ND"
    " CR=L,M,H,ND IR=L,M,H,ND AR=L,M,H,ND"
)
BASE_3 = table("AV=N,A,L,P AC=L,H PR=N,L,H UI=N,R S=U,C C=H,L,N I=H,L,N A=H,L,N")
MORE_3 = table(
    "E=X,H,F,P,U RL=X,U,W,T,O RC=X,C,R,U CR=X,H,M,L IR=X,H,M,L AR=X,H,M,L"
    " MAV=X,N,A,L,P MAC=X,L,H MPR=X,N,L,H MUI=X,N,R MS=X,U,C MC=X,H,L,N MI=X,H,L,N MA=X,H,L,N"
)
BASE_4 = table(
    "AV=N,A,L,P AC=L,H AT=N,P PR=N,L,H UI=N,P,A VC=H,L,N VI=H,L,N VA=H,L,N SC=H,L,N SI=H,L,N SA=H,L,N"
)
MORE_4 = table(
    "E=X,A,P,U CR=X,H,M,L IR=X,H,M,L AR=X,H,M,L MAV=X,N,A,L,P MAC=X,L,H MAT=X,N,P MPR=X,N,L,H"
    " MUI=X,N,P,A MVC=X,H,L,N MVI=X,H,L,N MVA=X,H,L,N MSC=X,H,L,N MSI=X,S,H,L,N MSA=X,S,H,L,N"
    " S=X,N,P AU=X,N,Y R=X,A,U,I V=X,D,C RE=X,L,M,H U=X,Clear,Green,Amber,Red"
)
BASE = {"2.0": BASE_2, "3.0": BASE_3, "3.1": BASE_3, "4.0": BASE_4}
MORE = {"2.0": MORE_2, "3.0": MORE_3, "3.1": MORE_3, "4.0": MORE_4}


def every_base(version):
    names = [name for name, _ in BASE[version]]
    for values in itertools.product(*(values for _, values in BASE[version])):
        yield PREFIX[version] + "/".join(map(":".join, zip(names, values)))


def some(version, count, seed):
    """Random vectors; each optional metric is there half of the time."""
    dice = random.Random(f"{version} {seed}")
    for _ in range(count):
        metrics = [f"{name}:{dice.choice(values)}" for name, values in BASE[version]]
        metrics += [
            f"{name}:{dice.choice(values)}" for name, values in MORE[version] if dice.random() < 0.5
        ]
        yield PREFIX[version] + "/".join(metrics)
