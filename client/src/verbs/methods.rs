//! The methods that both clients have, one for each verb.

/// Defines the methods of a client of type `$client`, which has `cluster()`, `default_options()` and `query_options()`.
///
/// The async client's commands are awaited, the blocking client's are called.
macro_rules! verb_methods {
    ($client:ty) => {
        /// Writes bins of a record, which is created if it does not exist.
        ///
        /// A bin whose value is [`Value::Nil`](crate::Value::Nil) is deleted.
        pub fn put(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl $crate::bins::IntoBins,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            let content = bins.into_bins().map($crate::verbs::request::Content::write_bins);
            self.command($crate::verbs::verb::Write::new(key, content))
        }

        /// Reads a record with all its bins.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record; see
        /// [`OptionalExt`](crate::OptionalExt).
        pub fn get(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_ALL);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Reads some bins of a record. Bins that it does not have are left out.
        pub fn select(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            self.command($crate::verbs::verb::Read::new(
                key,
                $crate::verbs::request::Content::read_bins(bins),
            ))
        }

        /// Checks whether a record exists.
        pub fn exists(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<bool>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Reads the generation and the TTL of a record, without its bins.
        pub fn header(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Read<$crate::record::Record>> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Read::new(key, content))
        }

        /// Increments a record's generation and resets its TTL.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn touch(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::touch()])
        }

        /// Removes a record.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn remove(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.command($crate::verbs::verb::Write::new(
                key,
                Ok($crate::verbs::request::Content::remove()),
            ))
        }

        /// Deletes bins of a record. A record without any bins left is removed.
        ///
        /// It fails with [`NOT_FOUND`](crate::ResultCode::NOT_FOUND) (2) if there is no such record.
        pub fn remove_bin(
            &self,
            key: impl Into<$crate::key::Key>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(
                key,
                bins.into_iter().map($crate::operation::Operation::remove_bin),
            )
        }

        /// Appends to a bin of text or bytes. A bin or record that does not exist is created.
        pub fn append(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::append(bin, value)])
        }

        /// Prepends to a bin of text or bytes. A bin or record that does not exist is created.
        pub fn prepend(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::prepend(bin, value)])
        }

        /// Adds to the number in a bin, integer or double. A bin or record that does not exist is created.
        pub fn increment(
            &self,
            key: impl Into<$crate::key::Key>,
            bin: impl Into<String>,
            value: impl Into<spikelet_wire::Value>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            self.write(key, [$crate::operation::Operation::add(bin, value)])
        }

        /// Executes several operations on a record, in order, all or none, and returns the last result of each bin.
        pub fn operate(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Operate<$crate::record::Record>> {
            self.command($crate::verbs::verb::Operate::new(key))
        }

        /// Executes several operations on a record, in order, all or none, and returns the result of each operation.
        pub fn operate_ordered(
            &self,
            key: impl Into<$crate::key::Key>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Operate<$crate::record::OrderedRecord>> {
            self.command($crate::verbs::verb::Operate::new(key))
        }

        /// Executes rows of any kind: reads, writes, operates and removals.
        ///
        /// Every batch returns one [`BatchRecord`](crate::BatchRecord) per row, in the order of the rows. It fails as a
        /// whole only if there is no reply to any row.
        pub fn batch(
            &self,
            rows: impl IntoIterator<Item = $crate::verbs::batch::BatchRow>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::new(rows))
        }

        /// Reads many records with all their bins.
        pub fn batch_read(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_ALL);
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Reads some bins of many records.
        pub fn batch_select(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
            bins: impl IntoIterator<Item = impl Into<String>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::of(
                keys,
                $crate::verbs::request::Content::read_bins(bins),
            ))
        }

        /// Reads the generation and the TTL of many records.
        pub fn batch_header(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::read(spikelet_wire::Info1::GET_NO_BINS);
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Writes many records, each with its own bins.
        pub fn batch_write<K: Into<$crate::key::Key>, B: $crate::bins::IntoBins>(
            &self,
            records: impl IntoIterator<Item = (K, B)>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.batch(
                records
                    .into_iter()
                    .map(|(key, bins)| $crate::verbs::batch::BatchRow::write(key, bins)),
            )
        }

        /// Executes the same operations on many records.
        pub fn batch_operate(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
            operations: impl IntoIterator<Item = $crate::operation::Operation>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            let content = $crate::verbs::request::Content::operate(operations.into_iter().collect());
            self.command($crate::verbs::verb::Batch::of(keys, content))
        }

        /// Removes many records.
        pub fn batch_remove(
            &self,
            keys: impl IntoIterator<Item = impl Into<$crate::key::Key>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Batch> {
            self.command($crate::verbs::verb::Batch::of(
                keys,
                $crate::verbs::request::Content::remove(),
            ))
        }

        /// Begins a transaction, which reads and writes several records, all or none.
        ///
        /// Nothing is sent before its first command. See [`Transaction`](crate::Transaction).
        pub fn begin(&self) -> $crate::verbs::transaction_end::Transaction<$client> {
            let options = $crate::verbs::options::Options::for_transactions(self.default_options().policy);
            $crate::verbs::transaction_end::Transaction::new(self.clone(), self.cluster(), options)
        }

        /// Reads the records of a set, or of the whole namespace if the set's name is empty, in no particular order.
        ///
        /// By default there is no total timeout, the socket timeout is 30 seconds, and there are at most 5 retries, each
        /// of which requests the partitions of a failed node again from it or from another node.
        pub fn query(
            &self,
            namespace: &str,
            set: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Query> {
            let query = $crate::verbs::verb::Query::new(namespace, set);
            $crate::verbs::command::Command::new(self.clone(), query, self.query_options())
        }

        /// Sends an info command, such as `build`, to any node or to a [certain node](crate::Command::node).
        pub fn info(
            &self,
            command: impl Into<String>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Info> {
            self.command($crate::verbs::verb::Info::new(command))
        }

        /// Sends an info command to every node.
        pub fn info_all(
            &self,
            command: impl Into<String>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::InfoAll> {
            self.command($crate::verbs::verb::InfoAll::new(command))
        }

        /// Removes all records of a set, or of the whole namespace if the set's name is empty.
        ///
        /// Other nodes may apply it a moment later, and none reports when it has. Records written in the same millisecond
        /// as the truncation stay.
        pub fn truncate(
            &self,
            namespace: &str,
            set: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Truncate> {
            self.command($crate::verbs::verb::Truncate::new(namespace, set))
        }

        /// Creates a secondary index on the records of a set, or of the whole namespace if the set's name is empty.
        ///
        /// It returns a task to [wait](Self::wait) for: queries are refused until the index is built. If an index of this
        /// name exists, it succeeds if that index is identical, and fails with
        /// [`INDEX_FOUND`](crate::ResultCode::INDEX_FOUND) (200) otherwise.
        pub fn create_index(
            &self,
            namespace: &str,
            set: &str,
            name: &str,
            index: $crate::verbs::admin::Index,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::create_index(
                namespace, set, name, &index,
            ))
        }

        /// Removes a secondary index, and returns a task to [wait](Self::wait) for.
        ///
        /// It succeeds if there is no such index.
        pub fn drop_index(
            &self,
            namespace: &str,
            name: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::drop_index(namespace, name))
        }

        /// Lists the secondary indexes of a namespace.
        pub fn list_indexes(
            &self,
            namespace: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::List<$crate::verbs::admin::IndexInfo>> {
            self.command($crate::verbs::verb::List::indexes(namespace))
        }

        /// Registers a UDF module in Lua under a file name, such as `example.lua`, and returns a task to
        /// [wait](Self::wait) for.
        ///
        /// It replaces a module of the same name. It fails with
        /// [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) (100) and the compiler's message if the script does
        /// not compile.
        pub fn register_udf(
            &self,
            file: &str,
            script: impl AsRef<[u8]>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::register_udf(
                file,
                script.as_ref(),
            ))
        }

        /// Removes a UDF module, and returns a task to [wait](Self::wait) for.
        ///
        /// It succeeds if there is no such module.
        pub fn remove_udf(
            &self,
            file: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Administer> {
            self.command($crate::verbs::verb::Administer::remove_udf(file))
        }

        /// Lists the registered UDF modules.
        pub fn list_udfs(
            &self,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::List<$crate::verbs::admin::Module>> {
            self.command($crate::verbs::verb::List::modules())
        }

        /// Executes a UDF on a record and returns its result.
        ///
        /// If there is no such record, the UDF can create it. The module is named without `.lua`. It fails with
        /// [`UDF_BAD_RESPONSE`](crate::ResultCode::UDF_BAD_RESPONSE) (100) if there is no such function or if it fails.
        ///
        /// ```no_run
        /// # use spikelet_client::{Client, Error, Key};
        /// # async fn example(client: Client, key: Key) -> Result<(), Error> {
        /// let script = "function add(record, a, b) return a + b end";
        /// client.wait(&client.register_udf("sums.lua", script).await?).await?;
        /// let three = client.execute_udf(&key, "sums", "add", (1, 2)).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn execute_udf(
            &self,
            key: impl Into<$crate::key::Key>,
            module: &str,
            function: &str,
            arguments: impl $crate::verbs::udf_call::IntoArguments,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::ExecuteUdf> {
            let call = $crate::verbs::udf_call::UdfCall::new(module, function, arguments);
            self.command($crate::verbs::verb::ExecuteUdf::new(key, call))
        }

        /// Waits until every node is done with a task.
        ///
        /// By default there is no total timeout. It fails with [`QUERY_ABORTED`](crate::ResultCode::QUERY_ABORTED) (15)
        /// for a background query that was aborted.
        pub fn wait(
            &self,
            task: &$crate::verbs::admin::Task,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Wait> {
            let wait = $crate::verbs::verb::Wait::new(task, self.default_options().policy);
            $crate::verbs::command::Command::new(self.clone(), wait, self.query_options())
        }

        /// Creates a user with a password and these roles. Needs the feature `security`, as the other commands on users and roles.
        ///
        /// They fail with [`ROLE_VIOLATION`](crate::ResultCode::ROLE_VIOLATION) (81) if the client's user may not manage users, and
        /// with [`SECURITY_NOT_ENABLED`](crate::ResultCode::SECURITY_NOT_ENABLED) (52) or
        /// [`SECURITY_NOT_SUPPORTED`](crate::ResultCode::SECURITY_NOT_SUPPORTED) (51) if the cluster has no security. This one fails
        /// with [`USER_ALREADY_EXISTS`](crate::ResultCode::USER_ALREADY_EXISTS) (61) if the user exists, and with
        /// [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) for an unknown role.
        ///
        /// ```no_run
        /// # use spikelet_client::{Client, Error};
        /// # async fn example() -> Result<(), Error> {
        /// let client = Client::builder("127.0.0.1:3000").user("admin", "admin").await?;
        /// client.create_role("orders", ["read-write.test.orders", "read.test.customers"]).await?;
        /// client.create_user("app", "secret", ["orders"]).await?;
        /// # Ok(())
        /// # }
        /// ```
        #[cfg(feature = "security")]
        pub fn create_user(
            &self,
            name: &str,
            password: &str,
            roles: impl IntoIterator<Item = impl AsRef<str>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::create_user(name, password, roles))
        }

        /// Creates a user that logs in with a certificate with its name.
        ///
        /// It fails as [`create_user`](Self::create_user) does.
        #[cfg(feature = "security")]
        pub fn create_pki_user(
            &self,
            name: &str,
            roles: impl IntoIterator<Item = impl AsRef<str>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            // Servers know such users by this password.
            self.command($crate::verbs::verb::Security::create_user(
                name,
                "nopassword",
                roles,
            ))
        }

        /// Removes a user. Its connections can do nothing any more.
        ///
        /// It fails with [`INVALID_USER`](crate::ResultCode::INVALID_USER) (60) if there is no such user.
        #[cfg(feature = "security")]
        pub fn drop_user(&self, name: &str) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::drop_user(name))
        }

        /// Sets the password of a user.
        ///
        /// It fails with [`INVALID_USER`](crate::ResultCode::INVALID_USER) (60) if there is no such user, and with
        /// [`FORBIDDEN_PASSWORD`](crate::ResultCode::FORBIDDEN_PASSWORD) (64) for one with a certificate.
        #[cfg(feature = "security")]
        pub fn set_password(
            &self,
            user: &str,
            password: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::set_password(user, password))
        }

        /// Changes the password of the client's own user. The client logs in with the new one from then on.
        ///
        /// It fails with [`INVALID_PASSWORD`](crate::ResultCode::INVALID_PASSWORD) (62) if the client's password is no longer right.
        #[cfg(feature = "security")]
        pub fn change_password(
            &self,
            password: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::change_password(password))
        }

        /// Adds roles to a user.
        ///
        /// It fails with [`INVALID_USER`](crate::ResultCode::INVALID_USER) (60) for an unknown user, and with
        /// [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) for an unknown role and for none.
        #[cfg(feature = "security")]
        pub fn grant_roles(
            &self,
            user: &str,
            roles: impl IntoIterator<Item = impl AsRef<str>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::grant_roles(user, roles))
        }

        /// Removes roles from a user.
        ///
        /// It fails as [`grant_roles`](Self::grant_roles) does.
        #[cfg(feature = "security")]
        pub fn revoke_roles(
            &self,
            user: &str,
            roles: impl IntoIterator<Item = impl AsRef<str>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::revoke_roles(user, roles))
        }

        /// Returns a user. The rates and connections are those of one node.
        ///
        /// It fails with [`INVALID_USER`](crate::ResultCode::INVALID_USER) (60) if there is no such user.
        #[cfg(feature = "security")]
        pub fn query_user(
            &self,
            name: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::QueryOne<$crate::verbs::admin::User>> {
            self.command($crate::verbs::verb::QueryOne::user(name))
        }

        /// Returns all users. The rates and connections are those of one node.
        #[cfg(feature = "security")]
        pub fn query_users(
            &self,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::QuerySecurity<$crate::verbs::admin::User>> {
            self.command($crate::verbs::verb::QuerySecurity::users())
        }

        /// Creates a role with privileges: text such as `read`, `read.NAMESPACE` or `read.NAMESPACE.SET`, or a
        /// [`Privilege`](crate::Privilege).
        ///
        /// It fails with [`ROLE_ALREADY_EXISTS`](crate::ResultCode::ROLE_ALREADY_EXISTS) (71) if the role exists, with
        /// [`INVALID_WHITELIST`](crate::ResultCode::INVALID_WHITELIST) (73), and with
        /// [`QUOTAS_NOT_ENABLED`](crate::ResultCode::QUOTAS_NOT_ENABLED) (74) for quotas on a cluster without them.
        #[cfg(feature = "security")]
        pub fn create_role(
            &self,
            name: &str,
            privileges: impl IntoIterator<Item = impl ToString>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::CreateRole> {
            self.command($crate::verbs::verb::CreateRole::new(name, privileges))
        }

        /// Removes a role, also from its users.
        ///
        /// It fails with [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) if there is no such role, or it is predefined.
        #[cfg(feature = "security")]
        pub fn drop_role(&self, name: &str) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::drop_role(name))
        }

        /// Adds privileges to a role, as [`create_role`](Self::create_role) takes them.
        ///
        /// It fails with [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) for an unknown or predefined role, and with
        /// [`INVALID_PRIVILEGE`](crate::ResultCode::INVALID_PRIVILEGE) (72) for none.
        #[cfg(feature = "security")]
        pub fn grant_privileges(
            &self,
            role: &str,
            privileges: impl IntoIterator<Item = impl ToString>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::grant_privileges(role, privileges))
        }

        /// Removes privileges from a role.
        ///
        /// It fails as [`grant_privileges`](Self::grant_privileges) does.
        #[cfg(feature = "security")]
        pub fn revoke_privileges(
            &self,
            role: &str,
            privileges: impl IntoIterator<Item = impl ToString>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::revoke_privileges(role, privileges))
        }

        /// Sets the addresses and networks from which the users of a role may connect; none for any.
        ///
        /// It fails with [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) and
        /// [`INVALID_WHITELIST`](crate::ResultCode::INVALID_WHITELIST) (73).
        #[cfg(feature = "security")]
        pub fn set_whitelist(
            &self,
            role: &str,
            whitelist: impl IntoIterator<Item = impl AsRef<str>>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::set_whitelist(role, whitelist))
        }

        /// Sets the most reads and writes per second of each user of a role, on each node; 0 for no limit.
        ///
        /// It fails with [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) and
        /// [`QUOTAS_NOT_ENABLED`](crate::ResultCode::QUOTAS_NOT_ENABLED) (74).
        #[cfg(feature = "security")]
        pub fn set_quotas(
            &self,
            role: &str,
            read: u32,
            write: u32,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Security> {
            self.command($crate::verbs::verb::Security::set_quotas(role, read, write))
        }

        /// Returns a role.
        ///
        /// It fails with [`INVALID_ROLE`](crate::ResultCode::INVALID_ROLE) (70) if there is no such role.
        #[cfg(feature = "security")]
        pub fn query_role(
            &self,
            name: &str,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::QueryOne<$crate::verbs::admin::Role>> {
            self.command($crate::verbs::verb::QueryOne::role(name))
        }

        /// Returns all roles, predefined ones included.
        #[cfg(feature = "security")]
        pub fn query_roles(
            &self,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::QuerySecurity<$crate::verbs::admin::Role>> {
            self.command($crate::verbs::verb::QuerySecurity::roles())
        }

        /// The names of the cluster's nodes, as of the last time that the cluster was checked for changes.
        #[must_use]
        pub fn nodes(&self) -> Vec<String> {
            self.cluster()
                .view()
                .nodes
                .iter()
                .map(|node| node.name.to_string())
                .collect()
        }

        fn write(
            &self,
            key: impl Into<$crate::key::Key>,
            operations: impl IntoIterator<Item = $crate::operation::Operation>,
        ) -> $crate::verbs::command::Command<$client, $crate::verbs::verb::Write> {
            let content = $crate::verbs::request::Content::write(operations.into_iter().collect());
            self.command($crate::verbs::verb::Write::new(key, Ok(content)))
        }

        fn command<V>(&self, verb: V) -> $crate::verbs::command::Command<$client, V> {
            $crate::verbs::command::Command::new(self.clone(), verb, self.default_options())
        }
    };
}

pub(crate) use verb_methods;
