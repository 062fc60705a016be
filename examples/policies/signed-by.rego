# Only what one of these has signed: keys by the hash of their DER, or workflows of GitHub by name.
package docker

keys := {"M6wTfo8d2zVFq9g1j8BQlPZdZ2ws736YeTMofTx/60s="}

workflow := `^https://github\.com/attestd/[^/]+/\.github/workflows/release\.yml@refs/tags/v[0-9.]+$`

trusted(signature) if signature.publicKey in keys

trusted(signature) if {
	signature.signer.issuer == "https://token.actions.githubusercontent.com"
	regex.match(workflow, signature.signer.subjectAlternativeName)
	count(signature.timestamps) > 0
}

is_signed if {
	some signature in input.image.signatures
	trusted(signature)
}

deny_msg contains "nobody that is trusted has signed it" if {
	input.image
	not is_signed
}

deny_msg contains msg if {
	input.image
	not is_signed
	some rejected in input.image.rejectedSignatures
	some reason in rejected.reasons
	msg := sprintf("%s: %s", [rejected.digest, reason.detail])
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
