"""What the reader network's outputs stand for. A change here needs a new training: the classes are numbered by these."""

# Umlauts are letters of their own on German plates; every other accent is folded away (services.common.plate).
CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ"
BLANK = len(CHARACTERS)
CLASSES = BLANK + 1

# ISO 3166-1 alpha-2. The first stands for every other country and for plates of no country.
COUNTRIES = (
    "", "BE", "NL", "FR", "DE", "LU", "GB", "AT", "BG", "CH", "CZ", "DK", "ES", "FI", "GR", "HR", "HU", "IE", "IT", "LT",
    "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UA",
)  # fmt: skip
COUNTRY_INDEX = {country: index for index, country in enumerate(COUNTRIES)}

# Size of the reader's input, and how many columns it answers: one for every four pixels across.
READER_WIDTH_PX, READER_HEIGHT_PX = 160, 48
COLUMNS = 40
ONE_LINE, TWO_LINES = 0, 1
