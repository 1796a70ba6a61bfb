"""What the policy promises: one line each, by the ids that tests are marked with.

``manage.py check_promises`` sets each beside the tests that fail when it is broken.
"""

PROMISES = {
    # what the policy is
    "I1": "The policy is public, numbered and comparable, and each clause leads to the control that executes it.",
    # why and what
    "A1": "Nothing personal is stored that is not declared with a category, a purpose and a retention.",
    "A2": "Whatever is asked for says why, and joining asks only for what joining needs.",
    "B1": "What is given on joining is declared as registration information.",
    "B2": "What is uploaded is declared as such, and pictures lose where and with what they were taken.",
    "B3": "What is observed during use is declared as such and deleted when its time is over.",
    # reading and correcting
    "C1": "Members see everything held about them, on one page, and only once signed in.",
    "C2": "Members change it; what is sensitive takes a fresh sign-in, and a new address must prove itself.",
    "C3": "Members are reminded once a year to look whether all of it is still right.",
    "C4": "Members take all of it away in an open, documented format.",
    # leaving
    "D1": "Members cancel by themselves or through staff, and can change their mind for a while.",
    "D2": "Whoever cancels is invisible at once and erased everywhere when the wait is over.",
    "D3": "Whoever received the data is told to erase it too, and is chased until they confirm.",
    "D4": "What has to be kept is named, as little as possible, and tied to nobody.",
    "D5": "What was erased stays erased, even when an old backup is restored.",
    # who sees what
    "E1": "Every field, post and upload has an audience that its owner sets.",
    "E2": "The defaults that count for those who change nothing are shown, adjustable, and on record.",
    "E3": "Members are led through their settings until they have been through them.",
    "E4": "Members can look at their own profile through the eyes of others.",
    "E5": "What is public can be browsed, commented on and reposted.",
    "E6": "What is not shown cannot be worked out from anything that is.",
    "E7": "A changed setting counts at the next request, everywhere.",
    "E8": "A changed default never opens a field of somebody who has already joined.",
    # use
    "F1": "Everybody who uses the site has agreed to a numbered version, and a new one asks or tells.",
    "F2": "Nobody types the same thing twice.",
    "F3": "Tailored content says why it is there and can be switched off; off means not computed.",
    "F4": "News can be declined by topic and by channel, in one click.",
    "F5": "Notices about the service reach everybody, whatever they have declined.",
    "F6": "A refusal counts at the moment a message leaves.",
    # unsolicited mail
    "G1": "Nobody makes contact data public without having been told the risk.",
    "G2": "Members can block, mute and report, and say who may write to them.",
    # sharing
    "H1": "Only partners under a contract in force, with a signed undertaking, are served.",
    "H2": "They get what contract, purpose and consent have in common; without consent nothing.",
    "H3": "Nothing is sold, leased or passed on.",
    "H4": "Every sharing is on a record that its subject can read and check.",
    "H5": "A withdrawn consent counts at once, and partners are told.",
    "H6": "Partners have a door, limits and pseudonyms of their own.",
    "H7": "Partners confirm erasures and report leaks, or are suspended.",
    # disclosure
    "I2": "Third parties get data by consent, by law or in an emergency only, and two people decide.",
    "I3": "A disclosure is recorded, and its subject is told as soon as the law allows.",
    "I4": "The public sees how often that happens, in numbers that give nobody away.",
    # successors
    "J1": "A successor takes over the duties too, and members hear of it while they can still leave.",
    # security
    "K1": "The channel is encrypted with TLS, and nothing weaker is offered.",
    "K2": "What is stored is encrypted with AES-256, and a wrong key is an error, never garbage.",
    "K3": "Staff see masked values; revealing one takes a reason, a second factor, and is on record.",
    "K4": "The measures are public and kept up to date.",
    # leaks
    "L1": "Anybody can report a leak.",
    "L2": "A reported leak has an owner, a deadline and a known extent.",
    "L3": "Those affected by a leak are told.",
    # juveniles
    "M1": "Nobody outside can tell who is a juvenile.",
    "M2": "Juveniles have the strictest settings, and cannot loosen them.",
    "M3": "Who is too young cannot join, and what was collected by mistake is deleted soon.",
    # risks
    "N1": "Uploads, sign-ins and requests are guarded against abuse.",
    "N2": "A shared or stolen password is noticed by its owner.",
}
