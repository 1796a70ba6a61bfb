"""What the policy promises: one line each, by the ids that tests are marked with.

``manage.py check_promises`` sets each beside the tests that fail when it is broken, and ``config.executing`` beside
what carries it out.
"""

from django.utils.translation import gettext_noop as _

PROMISES = {
    # what the policy is
    "I1": _("The policy is public, numbered and comparable, and each clause leads to the control that executes it."),
    # why and what
    "A1": _("Nothing personal is stored that is not declared with a category, a purpose and a retention."),
    "A2": _("Whatever is asked for says why, and joining asks only for what joining needs."),
    "B1": _("What is given on joining is declared as registration information."),
    "B2": _("What is uploaded is declared as such, and pictures lose where and with what they were taken."),
    "B3": _("What is observed during use is declared as such and deleted when its time is over."),
    # reading and correcting
    "C1": _("Members see everything held about them, on one page, and only once signed in."),
    "C2": _("Members change it; what is sensitive takes a fresh sign-in, and a new address must prove itself."),
    "C3": _("Members are reminded once a year to look whether all of it is still right."),
    "C4": _("Members take all of it away in an open, documented format."),
    # leaving
    "D1": _("Members cancel by themselves or through staff, and can change their mind for a while."),
    "D2": _("Whoever cancels is invisible at once and erased everywhere when the wait is over."),
    "D3": _("Whoever received the data is told to erase it too, and is chased until they confirm."),
    "D4": _("What has to be kept is named, as little as possible, and tied to nobody."),
    "D5": _("What was erased stays erased, even when an old backup is restored."),
    # who sees what
    "E1": _("Every field, post and upload has an audience that its owner sets."),
    "E2": _("The defaults that count for those who change nothing are shown, adjustable, and on record."),
    "E3": _("Members are led through their settings until they have been through them."),
    "E4": _("Members can look at their own profile through the eyes of others."),
    "E5": _("What is public can be browsed, commented on and reposted."),
    "E6": _("What is not shown cannot be worked out from anything that is."),
    "E7": _("A changed setting counts at the next request, everywhere."),
    "E8": _("A changed default never opens a field of somebody who has already joined."),
    # use
    "F1": _("Everybody who uses the site has agreed to a numbered version, and a new one asks or tells."),
    "F2": _("Nobody types the same thing twice."),
    "F3": _("Tailored content says why it is there and can be switched off; off means not computed."),
    "F4": _("News can be declined by topic and by channel, in one click."),
    "F5": _("Notices about the service reach everybody, whatever they have declined."),
    "F6": _("A refusal counts at the moment a message leaves."),
    # unsolicited mail
    "G1": _("Nobody makes contact data public without having been told the risk."),
    "G2": _("Members can block, mute and report, and say who may write to them."),
    # sharing
    "H1": _("Only partners under a contract in force, with a signed undertaking, are served."),
    "H2": _("They get what contract, purpose and consent have in common; without consent nothing."),
    "H3": _("Nothing is sold, leased or passed on."),
    "H4": _("Every sharing is on a record that its subject can read and check."),
    "H5": _("A withdrawn consent counts at once, and partners are told."),
    "H6": _("Partners have a door, limits and pseudonyms of their own."),
    "H7": _("Partners confirm erasures and report leaks, or are suspended."),
    # disclosure
    "I2": _("Third parties get data by consent, by law or in an emergency only, and two people decide."),
    "I3": _("A disclosure is recorded, and its subject is told as soon as the law allows."),
    "I4": _("The public sees how often that happens, in numbers that give nobody away."),
    # successors
    "J1": _("A successor takes over the duties too, and members hear of it while they can still leave."),
    # security
    "K1": _("The channel is encrypted with TLS, and nothing weaker is offered."),
    "K2": _("What is stored is encrypted with AES-256, and a wrong key is an error, never garbage."),
    "K3": _("Staff see masked values; revealing one takes a reason, a second factor, and is on record."),
    "K4": _("The measures are public and kept up to date."),
    # leaks
    "L1": _("Anybody can report a leak."),
    "L2": _("A reported leak has an owner, a deadline and a known extent."),
    "L3": _("Those affected by a leak are told."),
    # juveniles
    "M1": _("Nobody outside can tell who is a juvenile."),
    "M2": _("Juveniles have the strictest settings, and cannot loosen them."),
    "M3": _("Who is too young cannot join, and what was collected by mistake is deleted soon."),
    # risks
    "N1": _("Uploads, sign-ins and requests are guarded against abuse."),
    "N2": _("A shared or stolen password is noticed by its owner."),
}
