"""Sixteen real films, as a catalogue that conversations are tested on."""

from __future__ import annotations

from tastemaker import Item

_ROWS = """
f1|The Matrix (1999)|Action,Sci-Fi|Lana Wachowski|Keanu Reeves;Carrie-Anne Moss|136|8.7|A hacker learns that the world is simulated
f2|Up (2009)|Animation,Adventure,Family|Pete Docter|Ed Asner|96|8.3|An old man flies his house to South America
f3|Her (2013)|Drama,Romance,Sci-Fi|Spike Jonze|Joaquin Phoenix|126|8.0|A lonely writer falls in love with a machine
f4|The Exorcist (1973)|Horror|William Friedkin|Linda Blair|122|8.1|A girl is possessed by a demon
f5|Big Daddy (1999)|Comedy|Dennis Dugan|Adam Sandler|93|6.4|A man adopts a boy to win a woman back
f6|Groundhog Day (1993)|Comedy,Romance|Harold Ramis|Bill Murray|101|8.1|A weatherman lives one day again and again
f7|Inception (2010)|Action,Sci-Fi,Thriller|Christopher Nolan|Leonardo DiCaprio|148|8.8|Thieves enter dreams to plant an idea
f8|Memento (2000)|Mystery,Thriller|Christopher Nolan|Guy Pearce|113|8.4|A man without memory hunts a murderer
f9|Singin' in the Rain (1952)|Musical,Comedy,Romance|Stanley Donen|Gene Kelly|103|8.3|Hollywood learns to speak
f10|Toy Story (1995)|Animation,Comedy,Family|John Lasseter|Tom Hanks|81|8.3|Toys come alive
f11|Seven (1995)|Crime,Mystery,Thriller|David Fincher|Brad Pitt|127|8.6|Two detectives hunt a killer of seven sins
f12|Unforgiven (1992)|Western,Drama|Clint Eastwood|Clint Eastwood|130|8.2|An old gunman takes one last job
f13|Happy Gilmore (1996)|Comedy|Dennis Dugan|Adam Sandler|92|7.0|A hockey player takes up golf
f14|Clueless (1995)|Comedy,Romance|Amy Heckerling|Alicia Silverstone|97|6.8|A rich girl plays matchmaker at school
f15|Ghost (1990)|Romance,Drama,Fantasy|Jerry Zucker|Patrick Swayze|127|7.1|A dead man protects his love
f16|Interstellar (2014)|Adventure,Drama,Sci-Fi|Christopher Nolan|Matthew McConaughey|169|8.7|Explorers leave a dying earth
"""


def films() -> list[Item]:
    """The films."""
    made = []
    for line in _ROWS.strip().splitlines():
        key, title, kinds, director, cast, minutes, rating, plot = line.split("|")
        made.append(
            Item(
                id=key, title=title, categories=tuple(kinds.split(",")), description=plot,
                attributes={
                    "year": int(title[-5:-1]), "director": director, "cast": tuple(cast.split(";")),
                    "runtime": int(minutes), "rating": float(rating),
                },
            )
        )  # fmt: skip
    return made
