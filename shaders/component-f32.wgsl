// Component of subgroup matrices: float32.
enable chromium_experimental_subgroup_matrix;

alias Component = f32;
alias Sum = f32;
