# Only what tells what is in it.
package docker

sbom_types := {"https://spdx.dev/Document", "https://cyclonedx.org/bom"}

has_sbom if {
	some attestation in input.image.attestations
	attestation.isAboutImage
	attestation.predicateType in sbom_types
	attestation.predicate
}

deny_msg contains "it has no SBOM" if {
	input.image
	not has_sbom
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
