"""Whatever is sent, the answer is a page: a refusal or the form again, never a fault, and nothing is written."""
