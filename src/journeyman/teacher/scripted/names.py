"""What scripted queries without files are about.

Every list of names that a table answers has a prime length: worlds take names by their number, and
numbers that are evenly apart then meet each name before one comes again.
"""

WORDS = (
    *(
        "lamp",
        "river",
        "stone",
        "cloud",
        "garden",
        "bottle",
        "pencil",
        "window",
        "forest",
        "button",
        "candle",
        "ladder",
    ),
    *("mirror", "pocket", "island", "carpet", "hammer", "basket", "violin", "anchor", "blanket", "curtain", "feather"),
)
COUNTRIES = (
    *("Kenya", "Peru", "Norway", "Japan", "Egypt", "Portugal", "Vietnam", "Canada", "Ghana", "Poland", "Cuba", "Nepal"),
    *("Austria", "Ecuador", "Finland", "Jordan", "Zambia", "Thailand", "Iceland", "Uruguay", "Morocco", "Latvia"),
    *("Rwanda", "Croatia", "Mongolia", "Senegal", "Hungary", "Jamaica", "Bhutan", "Ireland", "Uganda", "Greece"),
    *("Lebanon", "Estonia", "Namibia", "Bulgaria", "Philippines", "Denmark", "Botswana", "Slovenia", "Qatar"),
)
ELEMENTS = (
    *("iron", "silver", "sodium", "tungsten", "helium", "copper", "mercury", "zinc", "potassium", "gold", "neon"),
    *("calcium", "nickel", "iodine", "platinum", "lithium", "chlorine", "uranium", "magnesium", "tin", "cobalt"),
    *("titanium", "bromine", "silicon", "radium", "argon", "chromium", "barium", "krypton", "lead", "phosphorus"),
    *("vanadium", "selenium", "antimony", "bismuth", "cadmium", "xenon"),
)
AIRPORTS = (
    *("Munich International Airport", "Oslo Gardermoen Airport", "Dublin Airport", "Lisbon Portela Airport"),
    *("Sydney Kingsford Smith International Airport", "Cairo International Airport", "Zurich Airport"),
    *(
        "Copenhagen Kastrup Airport",
        "Miami International Airport",
        "Warsaw Chopin Airport",
        "Incheon International Airport",
    ),
    *("Vienna International Airport", "Jomo Kenyatta International Airport", "Cape Town International Airport"),
    *("Singapore Changi International Airport", "Auckland International Airport", "Suvarnabhumi Airport"),
    *("Helsinki Vantaa Airport", "Narita International Airport", "Dubai International Airport"),
    *("Hamad International Airport", "El Dorado International Airport", "Murtala Muhammed International Airport"),
)
NAMES = {"capital": COUNTRIES, "symbol": ELEMENTS, "atomic_number": ELEMENTS, "airport_code": AIRPORTS}
"""By kind of problem."""
NOWHERE = {
    "capital": "Freedonia",
    "symbol": "unobtainium",
    "atomic_number": "unobtainium",
    "airport_code": "Freedonia International Airport",
}
"""What no table has, for a planted mistake."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
