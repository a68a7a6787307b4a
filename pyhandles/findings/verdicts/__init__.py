"""What pyhandles concludes of one handle: a rule a kind gives the evidence, and `texts` says it in a sentence."""
