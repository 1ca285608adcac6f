"""How near ``translate_text`` comes to a person's translation, by word overlap and by sentences that are equal."""

from collections import Counter

from tool_accuracy import Accuracy, Call

_PLAIN_EN_ES = (
    ("The house is red.", "La casa es roja."),
    ("The shop opens at nine.", "La tienda abre a las nueve."),
    ("My brother works in a bank.", "Mi hermano trabaja en un banco."),
    ("The children play in the garden.", "Los niños juegan en el jardín."),
    ("We have three meetings today.", "Tenemos tres reuniones hoy."),
    ("The train leaves tomorrow.", "El tren sale mañana."),
    ("She bought a new car.", "Ella compró un coche nuevo."),
    ("The total price is forty dollars.", "El precio total es cuarenta dólares."),
    ("I do not understand the question.", "No entiendo la pregunta."),
    ("The hotel is near the station.", "El hotel está cerca de la estación."),
    ("The report has twenty pages.", "El informe tiene veinte páginas."),
    ("Where is the hospital?", "¿Dónde está el hospital?"),
)
_HARD_EN_ES = (
    ("Please send me the invoice.", "Por favor, envíeme la factura."),
    ("Keep off the grass.", "No pise el césped."),
    ("It is raining cats and dogs.", "Está lloviendo a cántaros."),
    ("The meeting was called off.", "La reunión fue cancelada."),
    ("She is looking forward to seeing you.", "Ella tiene ganas de verte."),
    ("The old man the boats.", "Los viejos tripulan los barcos."),
    ("Out of order.", "Fuera de servicio."),
    ("How much does it cost?", "¿Cuánto cuesta?"),
)
_ES_EN = (
    ("La casa es roja.", "The house is red."),
    ("El tren sale mañana.", "The train leaves tomorrow."),
    ("Mi hermano trabaja en un banco.", "My brother works in a bank."),
    ("Los niños juegan en el jardín.", "The children play in the garden."),
    ("No entiendo la pregunta.", "I do not understand the question."),
    ("El informe tiene veinte páginas.", "The report has twenty pages."),
    ("¿Dónde está el hospital?", "Where is the hospital?"),
    ("El hotel está cerca de la estación.", "The hotel is near the station."),
)
_EN_FR = (
    ("The house is red.", "La maison est rouge."),
    ("The children play in the garden.", "Les enfants jouent dans le jardin."),
    ("My brother works in a bank.", "Mon frère travaille dans une banque."),
    ("The report has twenty pages.", "Le rapport a vingt pages."),
    ("The train leaves tomorrow.", "Le train part demain."),
    ("Where is the hospital?", "Où est l'hôpital ?"),
)
_SETS = (
    ("plain sentences, en to es", "en", "es", _PLAIN_EN_ES),
    ("requests, signs and idioms, en to es", "en", "es", _HARD_EN_ES),
    ("plain sentences, es to en", "es", "en", _ES_EN),
    ("plain sentences, en to fr through es", "en", "fr", _EN_FR),
)


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Two figures a set; one reference each, so that a right translation in other words counts as partly wrong."""
    found = []
    for name, source, target, pairs in _SETS:
        answers = [call({}, text=text, source=source, target=target).value for text, _ in pairs]
        overlap = [_overlap(answer, true) for answer, (_, true) in zip(answers, pairs, strict=True)]
        equal = [_words(answer) == _words(true) for answer, (_, true) in zip(answers, pairs, strict=True)]
        found.append(Accuracy(f"word overlap (F1), {name}", sum(overlap) / len(pairs), len(pairs)))
        found.append(Accuracy(f"equal to the reference, {name}", sum(equal) / len(pairs), len(pairs)))
    return tuple(found)


def _overlap(answer: str, true: str) -> float:
    got, wanted = Counter(_words(answer)), Counter(_words(true))
    shared = (got & wanted).total()
    return 2 * shared / (got.total() + wanted.total())


def _words(text: str) -> list[str]:
    return "".join(c if c.isalnum() else " " for c in text.lower()).split()
