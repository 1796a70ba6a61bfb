"""As on the pages of members: *12 May 2026, 18:05*. Django's own would write *12 May 2026, 6:05 p.m.*"""

DATE_FORMAT = SHORT_DATE_FORMAT = "j F Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j F Y, H:i"
