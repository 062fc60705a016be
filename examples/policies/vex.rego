# Nothing that its maker says is affected by a vulnerability (OpenVEX); what is looked into is a warning.
package docker

statements contains statement if {
	some attestation in input.image.attestations
	attestation.isAboutImage
	startswith(attestation.predicateType, "https://openvex.dev/ns")
	some statement in attestation.predicate.statements
}

deny_msg contains "its maker says nothing of vulnerabilities" if {
	input.image
	count(statements) == 0
}

deny_msg contains msg if {
	some statement in statements
	statement.status == "affected"
	msg := sprintf("it is affected by %s", [statement.vulnerability.name])
}

warn_msg contains msg if {
	some statement in statements
	statement.status == "under_investigation"
	msg := sprintf("%s is looked into", [statement.vulnerability.name])
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg, "warn_msg": warn_msg}
