// Component of subgroup matrices: binary16, summed in float32.
enable f16;
enable chromium_experimental_subgroup_matrix;

alias Component = f16;
alias Sum = f32;
