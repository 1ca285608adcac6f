"""Things, people, places and subjects of apps, in four languages; order is English, German, French, Spanish."""

from collections.abc import Mapping

Four = tuple[str, str, str, str]

CATEGORIES: Mapping[str, tuple[str, Four, tuple[Four, ...]]] = {
    "lighting": (
        "lamp",
        ("Lighting", "Leuchten", "Éclairage", "Iluminación"),
        (
            ("Lamp", "Lampe", "Lampe", "Lámpara"),
            ("Lantern", "Laterne", "Lanterne", "Farol"),
            ("Spotlight", "Strahler", "Projecteur", "Foco"),
        ),
    ),
    "seating": (
        "chair",
        ("Seating", "Sitzmöbel", "Sièges", "Asientos"),
        (
            ("Chair", "Stuhl", "Chaise", "Silla"),
            ("Stool", "Hocker", "Tabouret", "Taburete"),
            ("Bench", "Bank", "Banc", "Banco"),
        ),
    ),
    "kitchen": (
        "cup",
        ("Kitchen", "Küche", "Cuisine", "Cocina"),
        (
            ("Kettle", "Wasserkocher", "Bouilloire", "Hervidor"),
            ("Bowl", "Schüssel", "Bol", "Cuenco"),
            ("Teapot", "Teekanne", "Théière", "Tetera"),
        ),
    ),
    "garden": (
        "tree",
        ("Garden", "Garten", "Jardin", "Jardín"),
        (
            ("Spade", "Spaten", "Bêche", "Pala"),
            ("Watering can", "Gießkanne", "Arrosoir", "Regadera"),
            ("Flowerpot", "Blumentopf", "Pot de fleurs", "Maceta"),
        ),
    ),
    "office": (
        "desk",
        ("Office", "Büro", "Bureau", "Oficina"),
        (
            ("Desk", "Schreibtisch", "Bureau", "Escritorio"),
            ("Notebook", "Notizbuch", "Carnet", "Cuaderno"),
            ("Clock", "Uhr", "Horloge", "Reloj"),
        ),
    ),
    "textiles": (
        "carpet",
        ("Textiles", "Textilien", "Textiles", "Textiles"),
        (
            ("Carpet", "Teppich", "Tapis", "Alfombra"),
            ("Curtain", "Vorhang", "Rideau", "Cortina"),
            ("Cushion", "Kissen", "Coussin", "Cojín"),
        ),
    ),
}
"""By key: icon, name, things in it."""
MODELS = (
    *("Aria", "Bruno", "Cleo", "Dora", "Enzo", "Fjord", "Gala", "Hugo", "Iris", "Juno", "Kiko", "Luna", "Milo"),
    *("Nora", "Otto", "Pia", "Quinn", "Rosa", "Sol", "Tilda", "Uma", "Vega", "Wanda", "Xenia", "Yara", "Zoe"),
)
COLOURS: Mapping[str, str] = {
    "red": "#c62828",
    "blue": "#1565c0",
    "green": "#2e7d32",
    "yellow": "#f9c80e",
    "purple": "#6a1b9a",
    "orange": "#ef6c00",
    "grey": "#757575",
}
"""Of things, by what an English speaker calls them."""
FIRST_NAMES = (
    *("Amara", "Boris", "Chiara", "Dario", "Elin", "Farid", "Greta", "Hana", "Ivo", "Jelena", "Karim", "Lea", "Mateo"),
    *("Nadia", "Oskar", "Paula", "Rafael", "Selma", "Tomas", "Ulla", "Vera", "Wim", "Yusuf", "Zelda"),
)
LAST_NAMES = (
    *(
        "Abel",
        "Brandt",
        "Costa",
        "Duval",
        "Eriksen",
        "Fabre",
        "Gomez",
        "Hoffmann",
        "Ivanov",
        "Jansen",
        "Keller",
        "Lind",
    ),
    *("Moreau", "Novak", "Okafor", "Petit", "Quiroga", "Rossi", "Sato", "Torres", "Ueda", "Vidal", "Weber", "Ziegler"),
)
CITIES = (
    *("Aarhus", "Bergen", "Cork", "Delft", "Essen", "Faro", "Ghent", "Haifa", "Izmir", "Jaffna", "Kyoto", "Leeds"),
    *("Malaga", "Nantes", "Oslo", "Porto", "Quito", "Riga", "Sofia", "Turin", "Utrecht", "Vigo", "Warsaw", "Zagreb"),
)
SUBJECTS: tuple[Four, ...] = (
    ("Invoice {n}", "Rechnung {n}", "Facture {n}", "Factura {n}"),
    ("Your order {n}", "Ihre Bestellung {n}", "Votre commande {n}", "Su pedido {n}"),
    ("Lunch on the {d}th", "Mittagessen am {d}.", "Déjeuner le {d}", "Almuerzo el {d}"),
    ("Minutes of meeting {d}", "Protokoll der Sitzung {d}", "Compte rendu de la réunion {d}", "Acta de la reunión {d}"),
    ("Room {n} is free", "Raum {n} ist frei", "La salle {n} est libre", "La sala {n} está libre"),
    ("Photos of the trip", "Fotos von der Reise", "Photos du voyage", "Fotos del viaje"),
    (
        "Question about contract {n}",
        "Frage zum Vertrag {n}",
        "Question sur le contrat {n}",
        "Pregunta del contrato {n}",
    ),
    ("Parcel {n} has arrived", "Paket {n} ist da", "Le colis {n} est arrivé", "Ha llegado el paquete {n}"),
    ("Plan for week {d}", "Plan für Woche {d}", "Plan de la semaine {d}", "Plan de la semana {d}"),
    ("New keys", "Neue Schlüssel", "Nouvelles clés", "Llaves nuevas"),
    ("Draft {d} of the report", "Entwurf {d} des Berichts", "Version {d} du rapport", "Borrador {d} del informe"),
    ("Tickets for platform {d}", "Karten für Gleis {d}", "Billets pour le quai {d}", "Billetes del andén {d}"),
    ("Thank you!", "Vielen Dank!", "Merci !", "¡Gracias!"),
    (
        "Server {n} restarts tonight",
        "Server {n} startet heute neu",
        "Le serveur {n} redémarre",
        "El servidor {n} se reinicia",
    ),
)
"""``{n}`` is a long number, ``{d}`` a day."""
SENTENCES: tuple[Four, ...] = (
    ("Please have a look.", "Bitte schau es dir an.", "Merci d'y jeter un œil.", "Échale un vistazo, por favor."),
    ("The rest follows tomorrow.", "Der Rest folgt morgen.", "Le reste suit demain.", "El resto llega mañana."),
    (
        "All details are attached.",
        "Alles Weitere im Anhang.",
        "Tous les détails sont joints.",
        "Los detalles van adjuntos.",
    ),
    (
        "Nothing needs doing yet.",
        "Noch ist nichts zu tun.",
        "Il n'y a rien à faire encore.",
        "Aún no hay nada que hacer.",
    ),
    ("Call me if unclear.", "Ruf an, wenn etwas unklar ist.", "Appelle en cas de doute.", "Llámame si hay dudas."),
    (
        "We meet at the usual place.",
        "Wir treffen uns wie immer.",
        "On se voit comme d'habitude.",
        "Nos vemos donde siempre.",
    ),
    ("The price has not changed.", "Der Preis bleibt gleich.", "Le prix n'a pas changé.", "El precio no ha cambiado."),
    ("It took a day longer.", "Es hat einen Tag länger gedauert.", "Il a fallu un jour de plus.", "Tardó un día más."),
)
ANSWERS = (
    *("Thanks, that works for me.", "I will be there at noon.", "Please send it again.", "Not this week, sorry."),
    *("Yes, go ahead.", "Can we talk on Monday?", "I have paid it today.", "Looks good to me."),
)
"""What goals ask to write; English in every language."""
EVENTS: tuple[Four, ...] = (
    ("Dentist", "Zahnarzt", "Dentiste", "Dentista"),
    ("Swimming", "Schwimmen", "Piscine", "Natación"),
    ("Team lunch", "Teamessen", "Repas d'équipe", "Comida de equipo"),
    ("Piano lesson", "Klavierstunde", "Cours de piano", "Clase de piano"),
    ("Budget review", "Budgetprüfung", "Revue du budget", "Revisión del presupuesto"),
    ("Garden day", "Gartentag", "Journée jardin", "Día de jardín"),
    ("Concert", "Konzert", "Concert", "Concierto"),
    ("Train to {city}", "Zug nach {city}", "Train pour {city}", "Tren a {city}"),
    ("Call with {name}", "Anruf bei {name}", "Appel avec {name}", "Llamada con {name}"),
    ("Dinner with {name}", "Essen mit {name}", "Dîner avec {name}", "Cena con {name}"),
    ("Haircut", "Friseur", "Coiffeur", "Peluquería"),
    ("Workshop", "Werkstatt", "Atelier", "Taller"),
)
MONTHS: tuple[Four, ...] = (
    ("January", "Januar", "janvier", "enero"),
    ("February", "Februar", "février", "febrero"),
    ("March", "März", "mars", "marzo"),
    ("April", "April", "avril", "abril"),
    ("May", "Mai", "mai", "mayo"),
    ("June", "Juni", "juin", "junio"),
    ("July", "Juli", "juillet", "julio"),
    ("August", "August", "août", "agosto"),
    ("September", "September", "septembre", "septiembre"),
    ("October", "Oktober", "octobre", "octubre"),
    ("November", "November", "novembre", "noviembre"),
    ("December", "Dezember", "décembre", "diciembre"),
)
WEEKDAYS: tuple[Four, ...] = (
    ("Mon", "Mo", "lun.", "lun"),
    ("Tue", "Di", "mar.", "mar"),
    ("Wed", "Mi", "mer.", "mié"),
    ("Thu", "Do", "jeu.", "jue"),
    ("Fri", "Fr", "ven.", "vie"),
    ("Sat", "Sa", "sam.", "sáb"),
    ("Sun", "So", "dim.", "dom"),
)
BRANDS = (
    *("Halma", "Norvik", "Tessera", "Ombra", "Pilar", "Quanta", "Rondo", "Sirup", "Tavola", "Umbel"),
    *("Velum", "Wabe", "Kontor", "Lumen", "Magpie", "Nimbus"),
)
