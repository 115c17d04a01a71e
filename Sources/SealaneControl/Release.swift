/// The version of this release, as `--version` and `status` show it.
package enum Release {
    package static var version: String { "0.1.0" }
}
