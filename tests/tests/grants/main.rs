//! What the core says a role may do is what an independent simulator of IAM decides.
//!
//! `CASES=100000 SEED=7 cargo test --workspace --test grants` tries more random policies, or others.

mod compare;
mod managed;
mod mutants;
mod random;
mod witnesses;
