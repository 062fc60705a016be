# Nothing with a critical vulnerability: as CycloneDX tells of its components, or a scanner in in-toto's form.
package docker

findings contains {"id": vulnerability.id} if {
	some attestation in input.image.attestations
	attestation.predicateType == "https://cyclonedx.org/bom"
	some vulnerability in attestation.predicate.vulnerabilities
	some rating in vulnerability.ratings
	lower(rating.severity) == "critical"
}

findings contains {"id": finding.id} if {
	some attestation in input.image.attestations
	startswith(attestation.predicateType, "https://in-toto.io/attestation/vulns/")
	some finding in attestation.predicate.scanner.result
	some severity in finding.severity
	to_number(severity.score) >= 9
}

is_scanned if {
	some attestation in input.image.attestations
	attestation.isAboutImage
	startswith(attestation.predicateType, "https://in-toto.io/attestation/vulns/")
}

is_scanned if {
	some attestation in input.image.attestations
	attestation.isAboutImage
	attestation.predicateType == "https://cyclonedx.org/bom"
}

deny_msg contains "nobody says what is vulnerable in it" if {
	input.image
	not is_scanned
}

deny_msg contains msg if {
	some finding in findings
	msg := sprintf("%s is critical", [finding.id])
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
