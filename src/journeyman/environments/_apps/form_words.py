"""What forms ask, in four languages; order is English, German, French, Spanish."""

from collections.abc import Mapping

from journeyman.environments._apps.vocabulary import Four

KINDS: tuple[Four, ...] = (
    ("Registration", "Anmeldung", "Inscription", "Inscripción"),
    ("Order form", "Bestellformular", "Bon de commande", "Formulario de pedido"),
    ("Change of address", "Adressänderung", "Changement d'adresse", "Cambio de dirección"),
    ("Course booking", "Kursbuchung", "Réservation de cours", "Reserva de curso"),
    ("Membership", "Mitgliedschaft", "Adhésion", "Afiliación"),
)
ASKED: Mapping[str, Four] = {
    "name": ("Name", "Name", "Nom", "Nombre"),
    "city": ("City", "Ort", "Ville", "Ciudad"),
    "email": ("E-mail", "E-Mail", "E-mail", "Correo"),
    "phone": ("Phone", "Telefon", "Téléphone", "Teléfono"),
    "company": ("Company", "Firma", "Société", "Empresa"),
    "street": ("Street", "Straße", "Rue", "Calle"),
    "postcode": ("Postcode", "Postleitzahl", "Code postal", "Código postal"),
    "code": ("Voucher", "Gutschein", "Bon", "Vale"),
}
CHOICES: Mapping[str, tuple[Four, Mapping[str, Four]]] = {
    "delivery": (
        ("Delivery", "Lieferung", "Livraison", "Entrega"),
        {
            "standard": ("Standard", "Standard", "Standard", "Estándar"),
            "express": ("Express", "Express", "Express", "Exprés"),
            "pickup": ("Pick-up", "Abholung", "Retrait", "Recogida"),
            "evening": ("In the evening", "Abends", "En soirée", "Por la tarde"),
            "bicycle": ("By bicycle", "Per Fahrrad", "À vélo", "En bicicleta"),
        },
    ),
    "payment": (
        ("Payment", "Zahlung", "Paiement", "Pago"),
        {
            "card": ("Card", "Karte", "Carte", "Tarjeta"),
            "transfer": ("Transfer", "Überweisung", "Virement", "Transferencia"),
            "cash": ("Cash", "Bar", "Espèces", "Efectivo"),
            "cheque": ("Cheque", "Scheck", "Chèque", "Cheque"),
        },
    ),
    "size": (
        ("Size", "Größe", "Taille", "Talla"),
        {
            "small": ("Small", "Klein", "Petit", "Pequeño"),
            "medium": ("Medium", "Mittel", "Moyen", "Mediano"),
            "large": ("Large", "Groß", "Grand", "Grande"),
            "huge": ("Extra large", "Sehr groß", "Très grand", "Muy grande"),
        },
    ),
    "day": (
        ("Preferred day", "Wunschtag", "Jour souhaité", "Día preferido"),
        {
            "monday": ("Monday", "Montag", "Lundi", "Lunes"),
            "tuesday": ("Tuesday", "Dienstag", "Mardi", "Martes"),
            "thursday": ("Thursday", "Donnerstag", "Jeudi", "Jueves"),
            "friday": ("Friday", "Freitag", "Vendredi", "Viernes"),
            "saturday": ("Saturday", "Samstag", "Samedi", "Sábado"),
        },
    ),
    "level": (
        ("Level", "Stufe", "Niveau", "Nivel"),
        {
            "beginner": ("Beginner", "Anfänger", "Débutant", "Principiante"),
            "advanced": ("Advanced", "Fortgeschritten", "Avancé", "Avanzado"),
            "expert": ("Expert", "Experte", "Expert", "Experto"),
            "teacher": ("Teacher", "Lehrkraft", "Enseignant", "Docente"),
        },
    ),
}
"""By key: the question, and its options by key."""
TICKS: Mapping[str, Four] = {
    "newsletter": ("Send me the newsletter", "Newsletter schicken", "M'envoyer la lettre", "Enviarme el boletín"),
    "gift": ("Wrap as a gift", "Als Geschenk verpacken", "Emballage cadeau", "Envolver para regalo"),
    "invoice": ("Invoice by post", "Rechnung per Post", "Facture par courrier", "Factura por correo"),
    "insurance": ("With insurance", "Mit Versicherung", "Avec assurance", "Con seguro"),
    "call": ("Call me back", "Bitte zurückrufen", "Me rappeler", "Que me llamen"),
    "vegetarian": ("Vegetarian meals", "Vegetarisches Essen", "Repas végétarien", "Comida vegetariana"),
}
