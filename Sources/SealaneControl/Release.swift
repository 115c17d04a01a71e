/// The version that `--version` and `sealane status` show.
package enum Release {
    package static var version: String { "0.1.0" }
}
