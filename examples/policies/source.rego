# Only what was built from our repositories. For builds (buildx) and containers alike.
package docker

ours := "https://github.com/attestd/"

deny_msg contains "it has no provenance" if {
	input.image
	not input.image.provenance
}

deny_msg contains msg if {
	source := object.get(object.get(input.image.provenance, "configSource", {}), "uri", "")
	not startswith(source, ours)
	msg := sprintf("it was built from '%s'", [source])
}

decision := {"allow": count(deny_msg) == 0, "deny_msg": deny_msg}
