"""What can be set, in four languages; order is English, German, French, Spanish."""

from collections.abc import Mapping

from journeyman.environments._apps.vocabulary import Four

PARTS: Mapping[str, tuple[str, Four]] = {
    "general": ("gear", ("General", "Allgemein", "Général", "General")),
    "display": ("sun", ("Display", "Anzeige", "Affichage", "Pantalla")),
    "sound": ("speaker", ("Sound", "Ton", "Son", "Sonido")),
    "network": ("wifi", ("Network", "Netzwerk", "Réseau", "Red")),
    "safety": ("lock", ("Security", "Sicherheit", "Sécurité", "Seguridad")),
    "language": ("globe", ("Language", "Sprache", "Langue", "Idioma")),
}
"""By key: icon and name."""
SWITCHES: Mapping[str, tuple[str, Four]] = {
    "updates": ("general", ("Automatic updates", "Automatische Updates", "Mises à jour auto", "Actualizar solo")),
    "tips": ("general", ("Show tips", "Tipps anzeigen", "Afficher les astuces", "Mostrar consejos")),
    "start": ("general", ("Open at start-up", "Beim Start öffnen", "Ouvrir au démarrage", "Abrir al iniciar")),
    "backup": ("general", ("Nightly backup", "Nächtliche Sicherung", "Sauvegarde de nuit", "Copia nocturna")),
    "dark": ("display", ("Dark mode", "Dunkler Modus", "Mode sombre", "Modo oscuro")),
    "night": ("display", ("Night light", "Nachtlicht", "Lumière de nuit", "Luz nocturna")),
    "motion": ("display", ("Reduce motion", "Weniger Bewegung", "Moins d'animations", "Menos movimiento")),
    "clock": ("display", ("Show the clock", "Uhr anzeigen", "Afficher l'heure", "Mostrar el reloj")),
    "mute": ("sound", ("Mute at night", "Nachts stumm", "Muet la nuit", "Silencio nocturno")),
    "keys": ("sound", ("Key clicks", "Tastentöne", "Sons des touches", "Sonido de teclas")),
    "chime": ("sound", ("Hourly chime", "Stundenschlag", "Carillon", "Campanada")),
    "wifi": ("network", ("Wireless network", "WLAN", "Réseau sans fil", "Red inalámbrica")),
    "flight": ("network", ("Flight mode", "Flugmodus", "Mode avion", "Modo avión")),
    "hotspot": ("network", ("Hotspot", "Hotspot", "Point d'accès", "Punto de acceso")),
    "pin": ("safety", ("Ask for a code", "Code abfragen", "Demander un code", "Pedir un código")),
    "finger": ("safety", ("Fingerprint", "Fingerabdruck", "Empreinte", "Huella")),
    "locate": ("safety", ("Share position", "Standort teilen", "Partager la position", "Compartir posición")),
    "spell": ("language", ("Check spelling", "Rechtschreibung prüfen", "Vérifier l'orthographe", "Revisar ortografía")),
    "translate": (
        "language",
        ("Offer translations", "Übersetzen anbieten", "Proposer de traduire", "Ofrecer traducir"),
    ),
}
"""By key: page and label."""
SLIDERS: Mapping[str, tuple[str, Four]] = {
    "volume": ("sound", ("Volume", "Lautstärke", "Volume", "Volumen")),
    "bass": ("sound", ("Bass", "Bässe", "Graves", "Graves")),
    "brightness": ("display", ("Brightness", "Helligkeit", "Luminosité", "Brillo")),
    "warmth": ("display", ("Warmth", "Wärme", "Chaleur", "Calidez")),
}
LISTS: Mapping[str, tuple[str, Four, Mapping[str, Four]]] = {
    "tongue": (
        "language",
        ("Display language", "Anzeigesprache", "Langue d'affichage", "Idioma de pantalla"),
        {
            "english": ("English", "Englisch", "Anglais", "Inglés"),
            "german": ("German", "Deutsch", "Allemand", "Alemán"),
            "french": ("French", "Französisch", "Français", "Francés"),
            "spanish": ("Spanish", "Spanisch", "Espagnol", "Español"),
            "polish": ("Polish", "Polnisch", "Polonais", "Polaco"),
        },
    ),
    "units": (
        "language",
        ("Units", "Einheiten", "Unités", "Unidades"),
        {
            "metric": ("Metric", "Metrisch", "Métriques", "Métricas"),
            "imperial": ("Imperial", "Imperial", "Impériales", "Imperiales"),
            "both": ("Both", "Beide", "Les deux", "Ambas"),
        },
    ),
    "output": (
        "sound",
        ("Output", "Ausgabe", "Sortie", "Salida"),
        {
            "loud": ("Loudspeakers", "Lautsprecher", "Haut-parleurs", "Altavoces"),
            "head": ("Headphones", "Kopfhörer", "Casque", "Auriculares"),
            "cable": ("Cable", "Kabel", "Câble", "Cable"),
        },
    ),
    "letters": (
        "display",
        ("Letter size", "Schriftgröße", "Taille du texte", "Tamaño de letra"),
        {
            "small": ("Small", "Klein", "Petite", "Pequeña"),
            "normal": ("Normal", "Normal", "Normale", "Normal"),
            "large": ("Large", "Groß", "Grande", "Grande"),
        },
    ),
}
"""By key: page, label, options by key."""
