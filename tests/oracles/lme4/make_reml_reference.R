# REML and ML by lme4 with tight tolerances, for every cohort of cohorts.csv.
# Output: reml_reference.csv (SDs, fixed mean, REML criterion, ML deviance), 15 significant digits.
suppressPackageStartupMessages(library(lme4))

arguments <- commandArgs(trailingOnly = FALSE)
folder <- dirname(sub("^--file=", "", arguments[grep("^--file=", arguments)]))
cohorts <- read.csv(file.path(folder, "cohorts.csv"), stringsAsFactors = FALSE)

control <- lmerControl(
  optimizer = "bobyqa",
  optCtrl = list(rhobeg = 0.1, rhoend = 1e-12, maxfun = 1e5),
  calc.derivs = FALSE,
  check.conv.singular = "ignore",
  check.nobs.vs.nlev = "ignore",
  check.nobs.vs.nRE = "ignore"
)

# Start from several ratios, keep the best: the likelihood can have more than one optimum.
best_fit <- function(formula, data, reml) {
  parameters <- length(getME(lmer(formula, data, REML = reml, control = control), "theta"))
  fits <- lapply(c(0.05, 0.5, 1, 5), function(start) {
    lmer(formula, data, REML = reml, control = control, start = rep(start, parameters))
  })
  fits[[which.min(sapply(fits, function(fit) -2 * as.numeric(logLik(fit, REML = reml))))]]
}

describe <- function(name) {
  data <- cohorts[cohorts$cohort == name, ]
  nested <- startsWith(name, "nested")
  formula <- if (nested) value ~ 1 + (1 | outer) + (1 | group) else value ~ 1 + (1 | group)
  restricted <- best_fit(formula, data, TRUE)
  full <- best_fit(formula, data, FALSE)
  sd_of <- function(fit, level) attr(VarCorr(fit)[[level]], "stddev")[[1]]
  data.frame(
    cohort = name,
    reml_mean = fixef(restricted)[[1]],
    reml_outer_sd = if (nested) sd_of(restricted, "outer") else NA,
    reml_group_sd = sd_of(restricted, "group"),
    reml_within_sd = sigma(restricted),
    reml_criterion = -2 * as.numeric(logLik(restricted, REML = TRUE)),
    ml_group_sd = sd_of(full, "group"),
    ml_within_sd = sigma(full),
    ml_deviance = -2 * as.numeric(logLik(full, REML = FALSE))
  )
}

reference <- do.call(rbind, lapply(unique(cohorts$cohort), describe))
numbers <- sapply(reference, is.numeric)
reference[numbers] <- lapply(reference[numbers], function(x) {
  ifelse(is.na(x), "", sprintf("%.15g", x))
})
write.csv(reference, file.path(folder, "reml_reference.csv"), row.names = FALSE, quote = FALSE)
cat("lme4", as.character(packageVersion("lme4")), "R", R.version.string, "\n")
